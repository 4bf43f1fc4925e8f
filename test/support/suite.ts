/**
 * A suite that may not be possible on this computer. Where it is not, its tests are reported as skipped under a name
 * that says why, so that a run never looks more complete than it was.
 *
 * @param why reason the suite cannot run here, or undefined where it can
 */
export function describeWhere(title: string, why: string | undefined, body: () => void): void {
  if (why === undefined) describe(title, body);
  else describe.skip(`${title} (not run: ${why})`, body);
}
