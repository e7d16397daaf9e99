// A Matrix client of the other stack: matrix-js-sdk with its Rust crypto, as in Element. tests/system/js_client.py
// drives it by JSON lines:
//   stdin, first line: {"homeserver", "user", "password", "device_name"} (a password has no place on a command line)
//   stdin, then:       {"id": 1, "cmd": "send", …}
//   stdout:            {"event": "ready" | "message" | "undecryptable" | "invite" | "member", …}
//                      {"reply": 1, "result": …} or {"reply": 1, "error": "…"}
// Nothing else is written to stdout; with JS_CLIENT_DEBUG=1 the SDK's log goes to stderr.

import "./polyfill.mjs";
import "fake-indexeddb/auto";
import readline from "node:readline";
import * as sdk from "matrix-js-sdk";
import { AllDevicesIsolationMode, OnlySignedDevicesIsolationMode } from "matrix-js-sdk/lib/crypto-api/index.js";
import { decodeRecoveryKey } from "matrix-js-sdk/lib/crypto-api/recovery-key.js";
import { logger } from "matrix-js-sdk/lib/logger.js";

const READY_WITHIN_MS = 60_000;
const SHIELDS = ["none", "grey", "red"];
// EventShieldReason, in the order of its values
const SHIELD_REASONS = [
  "unknown", "unverified-identity", "unsigned-device", "unknown-device", "authenticity-not-guaranteed",
  "mismatched-sender-key", "sent-in-clear", "verification-violation", "mismatched-sender",
];

const debug = process.env.JS_CLIENT_DEBUG === "1";
const toStderr = (...words) => debug && process.stderr.write(`${words.map(String).join(" ")}\n`);
for (const level of ["log", "info", "debug", "warn", "trace", "error"]) console[level] = toStderr;
if (!debug) logger.disableAll?.();

const tell = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

/** Sign in and start: the client, when its first sync is done. */
async function open({ homeserver, user, password, device_name: deviceName }) {
  const login = await sdk.createClient({ baseUrl: homeserver }).loginRequest({
    type: "m.login.password",
    identifier: { type: "m.id.user", user },
    password,
    initial_device_display_name: deviceName ?? "js-client",
  });
  let secretStorageKey = null;
  const client = sdk.createClient({
    baseUrl: homeserver,
    userId: login.user_id,
    deviceId: login.device_id,
    accessToken: login.access_token,
    store: new sdk.MemoryStore(),
    scheduler: new sdk.MatrixScheduler(),
    cryptoCallbacks: {
      getSecretStorageKey: async ({ keys }) => (secretStorageKey ? [Object.keys(keys)[0], secretStorageKey] : null),
      cacheSecretStorageKey: (_id, _info, key) => {
        secretStorageKey = key;
      },
    },
  });
  await client.initRustCrypto({ useIndexedDB: false });
  return { client, rememberKey: (key) => (secretStorageKey = key) };
}

/** Until the first sync is done, or an error after READY_WITHIN_MS. */
function prepared(client) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the first sync took too long")), READY_WITHIN_MS);
    client.on("sync", function onSync(state) {
      if (state !== "PREPARED") return;
      clearTimeout(timer);
      client.off("sync", onSync);
      resolve();
    });
  });
}

/** The shield that Element would show beside the event: {colour, reason}, null for one that came in the clear. */
async function shield(crypto, event) {
  if (!event.isEncrypted()) return null;
  const info = await crypto.getEncryptionInfoForEvent(event);
  if (info === null) return { colour: "unknown", reason: "undecryptable" };
  const reason = info.shieldReason === null ? null : (SHIELD_REASONS[info.shieldReason] ?? String(info.shieldReason));
  return { colour: SHIELDS[info.shieldColour] ?? String(info.shieldColour), reason };
}

/** The message as a client shows it: with its last edit, if it has one, and the worse of the two shields. */
async function describe(crypto, event) {
  const edit = event.replacingEvent();
  const content = event.getContent();
  const relation = event.getWireContent()["m.relates_to"] ?? content["m.relates_to"];
  const shields = [await shield(crypto, event), ...(edit ? [await shield(crypto, edit)] : [])];
  return {
    event_id: event.getId(),
    room: event.getRoomId(),
    sender: event.getSender(),
    body: content.body ?? null,
    formatted_body: content.formatted_body ?? null,
    msgtype: content.msgtype ?? null,
    encrypted: event.isEncrypted() && (!edit || edit.isEncrypted()),
    edited: Boolean(edit),
    thread: relation?.rel_type === "m.thread" ? relation.event_id : null,
    reply_to: relation?.["m.in_reply_to"]?.event_id ?? null,
    shield: shields.sort((a, b) => SHIELDS.indexOf(a?.colour) - SHIELDS.indexOf(b?.colour)).at(-1),
    undecryptable: event.isDecryptionFailure() ? String(event.decryptionFailureReason) : null,
    timestamp: event.getTs(),
  };
}

const isEdit = (event) => event.getRelation()?.rel_type === "m.replace";

/** Tell each event once when it is new, decrypted, or edited. */
function watch(client, crypto) {
  const told = new Set();
  const once = async (kind, event) => {
    const key = `${kind} ${event.getId()} ${event.replacingEvent()?.getId() ?? ""}`;
    if (told.has(key)) return;
    told.add(key);
    tell({ event: kind, ...(await describe(crypto, event)) });
  };
  const onEvent = async (event) => {
    if (event.isDecryptionFailure()) await once("undecryptable", event);
    else if (event.getType() === "m.room.message" && !isEdit(event)) await once("message", event);
  };
  client.on("Room.timeline", async (event) => {
    if (!event.isBeingDecrypted() && !event.shouldAttemptDecryption()) await onEvent(event);
  });
  client.on("Event.decrypted", onEvent);
  client.on("Event.replaced", (event) => once("message", event));
  client.on("RoomMember.membership", (event, member) => {
    const { roomId: room, userId: user, membership } = member;
    if (user === client.getUserId() && membership === "invite") tell({ event: "invite", room, by: event.getSender() });
    else tell({ event: "member", room, user, membership });
  });
}

/** What can be asked, by `cmd`. */
function commands(client, crypto, { password, user }, rememberKey) {
  const room = (id) => client.getRoom(id) ?? fail(`not in room ${id}`);
  const text = (body, relation) => ({ msgtype: "m.text", body, ...(relation && { "m.relates_to": relation }) });
  return {
    /** What Element does at a first sign-in: cross-signing and secret storage. */
    bootstrap: async () => {
      await crypto.bootstrapCrossSigning({
        authUploadDeviceSigningKeys: (makeRequest) =>
          makeRequest({ type: "m.login.password", identifier: { type: "m.id.user", user }, password }),
      });
      const key = await crypto.createRecoveryKeyFromPassphrase();
      await crypto.bootstrapSecretStorage({
        createSecretStorageKey: async () => {
          rememberKey(key.privateKey);
          return key;
        },
        setupNewSecretStorage: true,
      });
      return { cross_signing: await crypto.isCrossSigningReady(), secret_storage: await crypto.isSecretStorageReady() };
    },
    /** What Element does with a recovery key at a further sign-in: take the identity over, and sign this device. */
    recover: async ({ recovery_key: recoveryKey }) => {
      rememberKey(decodeRecoveryKey(recoveryKey));
      await crypto.userHasCrossSigningKeys(client.getUserId(), true); // what is taken over must be known first
      await crypto.bootstrapCrossSigning({});
      return { cross_signing: await crypto.isCrossSigningReady() };
    },
    /** Strict: keys to, and messages from, cross-signed devices only ("Exclude insecure devices"). */
    isolation: async ({ strict }) => {
      crypto.setDeviceIsolationMode(strict ? new OnlySignedDevicesIsolationMode() : new AllDevicesIsolationMode(true));
      return { strict };
    },
    create_room: async ({ name, invite = [], encrypted = true }) => {
      const encryption = { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } };
      const created = await client.createRoom({
        name,
        invite,
        preset: encrypted ? "private_chat" : "public_chat",
        visibility: "private",
        initial_state: encrypted ? [encryption] : [],
      });
      return { room: created.room_id };
    },
    join: async ({ room: id }) => ({ room: (await client.joinRoom(id)).roomId }),
    leave: async ({ room: id }) => client.leave(id),
    invite: async ({ room: id, user: invited }) => client.invite(id, invited),
    send: async ({ room: id, body }) => client.sendMessage(id, text(body)),
    reply: async ({ room: id, body, thread, reply_to: replyTo }) => {
      const answered = { "m.in_reply_to": { event_id: replyTo ?? thread } };
      const threaded = { rel_type: "m.thread", event_id: thread, is_falling_back: !replyTo };
      return client.sendMessage(id, text(body, thread ? { ...threaded, ...answered } : answered));
    },
    edit: async ({ room: id, event_id: eventId, body }) => {
      const relation = { rel_type: "m.replace", event_id: eventId };
      return client.sendMessage(id, { ...text(`* ${body}`, relation), "m.new_content": text(body) });
    },
    react: async ({ room: id, event_id: eventId, key }) =>
      client.sendEvent(id, "m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: eventId, key } }),
    typing: async ({ room: id, typing }) => client.sendTyping(id, typing, 10_000),
    /** The room's messages, the oldest first, edits applied. */
    messages: async ({ room: id }) => {
      const shown = room(id).getLiveTimeline().getEvents()
        .filter((event) => ["m.room.message", "m.room.encrypted"].includes(event.getType()) && !isEdit(event));
      return Promise.all(shown.map((event) => describe(crypto, event)));
    },
    members: async ({ room: id }) =>
      Object.fromEntries(room(id).getMembers().map((member) => [member.userId, member.membership])),
    is_encrypted: async ({ room: id }) => crypto.isEncryptionEnabledInRoom(id),
    /** The devices of somebody, and whether their owner signed them. */
    devices: async ({ user: owner }) => {
      const devices = (await crypto.getUserDeviceInfo([owner], true)).get(owner) ?? new Map();
      const describeOne = async (id) => [id, (await crypto.getDeviceVerificationStatus(owner, id))?.signedByOwner ?? false];
      return Object.fromEntries(await Promise.all([...devices.keys()].map(describeOne)));
    },
  };
}

function fail(message) {
  throw new Error(message);
}

async function main() {
  const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const credentials = JSON.parse((await lines.next()).value);
  const { client, rememberKey } = await open(credentials);
  const crypto = client.getCrypto();
  watch(client, crypto);
  const ready = prepared(client);
  await client.startClient({ initialSyncLimit: 50 });
  await ready;
  const can = commands(client, crypto, credentials, rememberKey);
  tell({ event: "ready", user: client.getUserId(), device: client.getDeviceId(), crypto: crypto.getVersion() });
  for await (const line of lines) {
    const { id, cmd, ...fields } = JSON.parse(line);
    if (cmd === "quit") break;
    Promise.resolve()
      .then(() => (Object.hasOwn(can, cmd) ? can[cmd](fields) : fail(`no command ${cmd}`)))
      .then((result) => tell({ reply: id, result: result ?? null }))
      .catch((error) => tell({ reply: id, error: String(error?.message ?? error) }));
  }
  client.stopClient();
}

main().then(
  () => process.exit(0),
  (error) => {
    process.stderr.write(`${error?.stack ?? error}\n`);
    process.exit(1);
  },
);
