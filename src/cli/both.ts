import { isTroupeError, TroupeError } from "../core/errors.ts";

/** What both give, or the faults of both at once. */
export async function both<A, B>(one: () => A | Promise<A>, other: () => Promise<B>): Promise<readonly [A, B]> {
  const [first, second] = await Promise.allSettled([Promise.resolve().then(one), other()]);
  if (first.status === "fulfilled" && second.status === "fulfilled") return [first.value, second.value];
  const faults = [first, second].flatMap((each) => {
    if (each.status === "fulfilled") return [];
    const reason: unknown = each.reason;
    if (isTroupeError(reason)) return reason.faults;
    throw reason;
  });
  throw new TroupeError("USAGE", faults);
}
