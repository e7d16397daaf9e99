// The workspace's API, as its pages call it.

// What the API refused, in the person's language. `code` is "unreachable" where there was no answer at all.
export class Refused extends Error {
  constructor(code, message, fields = {}) {
    super(message);
    this.code = code;
    this.fields = fields;
  }
}

export function token() {
  return document.querySelector("input[name=csrfmiddlewaretoken]").value;
}

export function words() {
  return JSON.parse(document.getElementById("words").textContent);
}

// "{name} is there" with {name: "x"}.
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export async function call(method, url, body, signal) {
  const headers = { Accept: "application/json", "X-CSRFToken": token() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(url, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused("unreachable", words().unreachable);
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  throw new Refused(answer?.code ?? "broken", answer?.message ?? words().broken, answer?.fields);
}

// Say something to people who listen to the page instead of looking at it.
export function announce(sentence) {
  const place = document.querySelector("[data-announcer]");
  const line = document.createElement("p");
  line.textContent = sentence;
  place.append(line);
  while (place.childElementCount > 5) place.firstElementChild.remove();
}
