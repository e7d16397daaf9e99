// matrix-js-sdk 43 asks for Node 22; this is what it misses on Node 20. Import it before anything else.

Promise.withResolvers ??= function withResolvers() {
  let resolve, reject;
  const promise = new this((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
};

Array.fromAsync ??= async function fromAsync(iterable, map) {
  const items = [];
  for await (const item of iterable) items.push(map ? await map(item) : item);
  return items;
};

const setMethods = {
  union: (a, b) => new Set([...a, ...b]),
  intersection: (a, b) => new Set([...a].filter((item) => b.has(item))),
  difference: (a, b) => new Set([...a].filter((item) => !b.has(item))),
  isSubsetOf: (a, b) => [...a].every((item) => b.has(item)),
};

for (const [name, method] of Object.entries(setMethods)) {
  Set.prototype[name] ??= function (other) {
    return method(this, other);
  };
}
