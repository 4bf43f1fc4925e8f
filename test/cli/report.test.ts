import { stripVTControlCharacters } from 'node:util';
import { renderReport } from '../../cli/output/report';
import type { StepResult, VerificationReport } from '../../verify/step';

const step = { id: 's', title: 'A step', expected: 'x' };

function reportOf(...steps: StepResult[]): VerificationReport {
  const counts = { pass: 0, fail: steps.length, 'not-run': 0 };
  return { server: 'https://s', kubernetesVersion: 'v1', counts, steps, leftBehind: [] };
}

const findings = [
  { path: 'Namespace/a', reason: 'is open', fix: 'close it' },
  { path: 'Pod/a/b', reason: 'is hollow', fix: 'delete it' },
];

test('every finding of a failed step is shown with its fix, after the table', () => {
  const failed = reportOf({ ...step, status: 'fail', observed: 'both', findings });
  const report = stripVTControlCharacters(renderReport(failed, 200));
  const [, after = ''] = report.split('What to do:');
  expect(after).toMatch(/Namespace\/a: is open\n\s+Fix: close it\n/);
  expect(after).toMatch(/Pod\/a\/b: is hollow\n\s+Fix: delete it\n/);
});

test.each<[string, StepResult]>([
  ['passes', { ...step, status: 'pass', observed: 'y' }],
  ['fails without a finding', { ...step, status: 'fail', observed: 'y' }],
  ['is not run', { ...step, status: 'not-run', reason: 'y' }],
])('nothing is to be done where a step %s', (_title, result) => {
  expect(renderReport(reportOf(result), 200)).not.toContain('What to do');
});
