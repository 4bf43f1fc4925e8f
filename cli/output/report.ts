/** A verification report as a table. */
import colors from 'picocolors';
import type { StepResult, VerificationReport } from '../../verify/step';
import { renderTable } from './table';

const WORDS = { pass: 'pass', fail: 'FAIL', 'not-run': 'not run' } as const;

/** @param width of the terminal, in characters */
export function renderReport(report: VerificationReport, width: number): string {
  const { counts, steps, server, kubernetesVersion, leftBehind } = report;
  const table = renderTable(
    [
      { title: 'RESULT', cells: steps.map(({ status }) => WORDS[status]), style: paint },
      { title: 'STEP', cells: steps.map(({ title }) => title) },
      { title: 'OBSERVED', cells: steps.map(evidenceOf) },
    ],
    width,
  );
  const fixes = steps.flatMap(fixesOf).join('');
  const left = leftBehind.map((id) => `Left behind, delete it by hand: ${id}\n`).join('');
  return (
    `${server} (Kubernetes ${kubernetesVersion})\n\n${table}\n` +
    (fixes === '' ? '' : `${colors.dim('What to do:')}\n${fixes}\n`) +
    `${counts.pass} passed, ${counts.fail} failed, ${counts['not-run']} not run\n${left}`
  );
}

function evidenceOf(step: StepResult): string {
  if (step.status === 'not-run') return `not run: ${step.reason}`;
  return step.status === 'pass' ? step.observed : `expected ${step.expected}; ${step.observed}`;
}

function fixesOf(step: StepResult): string[] {
  if (step.status !== 'fail') return [];
  return (step.findings ?? []).map(
    ({ path, reason, fix }) =>
      `  ${colors.bold(path)}: ${reason}\n    ${colors.dim('Fix:')} ${fix}\n`,
  );
}

function paint(padded: string, cell: string): string {
  switch (cell) {
    case WORDS.pass:
      return colors.green(padded);
    case WORDS.fail:
      return colors.red(padded);
    default:
      return colors.yellow(padded);
  }
}
