/** Replaces `target[name]` by what `make` makes of the original. */
export function patch<T extends object, K extends keyof T>(target: T, name: K, make: (original: T[K]) => T[K]): void {
  Object.defineProperty(target, name, { value: make(target[name]), configurable: true, writable: true });
}
