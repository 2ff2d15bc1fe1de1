/**
 * pass^k, how reliable something is and not how often it works: the chance that `k` runs of a task, picked from its runs
 * without putting any back, have all passed; the mean over the tasks. Unbiased: C(passed, k) / C(runs, k).
 *
 * @param tasks for each task, whether each of its runs passed; at least `k` runs a task.
 * @returns a number from 0 to 1.
 * @throws RangeError when there is no task, a task has fewer than `k` runs, or `k` is no integer from 1.
 * @see arxiv.org/abs/2406.12045, section 4
 */
export function passHatK(tasks: readonly (readonly boolean[])[], k: number): number {
  if (!Number.isSafeInteger(k) || k < 1) throw new RangeError(`k is ${k}; give an integer from 1`);
  if (tasks.length === 0) throw new RangeError("there is no task to take the mean over");
  const short = tasks.findIndex((runs) => runs.length < k);
  if (short !== -1)
    throw new RangeError(`task ${short + 1} of ${tasks.length} has ${tasks[short]?.length} runs, fewer than ${k}`);
  return tasks.reduce((sum, runs) => sum + chanceOfAll(runs, k), 0) / tasks.length;
}

function chanceOfAll(runs: readonly boolean[], k: number): number {
  const passed = runs.filter(Boolean).length;
  if (passed < k) return 0;
  let chance = 1;
  // Factor by factor, since the binomials themselves outgrow a double.
  for (let picked = 0; picked < k; picked++) chance *= (passed - picked) / (runs.length - picked);
  return chance;
}
