// What a browser has and node has not, as far as the page's platform asks for it.
globalThis.addEventListener ??= () => {};
globalThis.removeEventListener ??= () => {};
globalThis.document = Object.assign(new EventTarget(), { hidden: false });
Object.defineProperty(globalThis, 'navigator', { value: { onLine: true }, configurable: true });
