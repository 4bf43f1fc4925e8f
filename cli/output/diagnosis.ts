/** What `doctor` found, as tables. */
import colors from 'picocolors';
import type { Finding, FindingStatus } from '../../node-check/check';
import type { Technology } from '../../node-check/facts';
import { renderTable } from './table';

export interface Diagnosis {
  readonly runtime: Technology;
  /** Nothing is missing. */
  readonly ready: boolean;
  readonly findings: readonly Finding[];
}

const NAMES: Readonly<Record<Technology, string>> = { kata: 'Kata Containers', gvisor: 'gVisor' };

const WORDS: Readonly<Record<FindingStatus, string>> = {
  ok: 'ok',
  warning: 'warning',
  missing: 'MISSING',
};

/** @param width of the terminal, in characters */
export function renderDiagnoses(diagnoses: readonly Diagnosis[], width: number): string {
  return diagnoses.map((diagnosis) => renderDiagnosis(diagnosis, width)).join('\n');
}

function renderDiagnosis({ runtime, ready, findings }: Diagnosis, width: number): string {
  const table = renderTable(
    [
      { title: 'RESULT', cells: findings.map(({ status }) => WORDS[status]), style: paint },
      { title: 'CHECK', cells: findings.map(({ check }) => check) },
      { title: 'FOUND', cells: findings.map(({ observed }) => observed) },
    ],
    width,
  );
  const fixes = findings.flatMap(({ check, fix }) =>
    fix === undefined ? [] : [`  ${colors.bold(check)}: ${fix}\n`],
  );
  return (
    `${NAMES[runtime]}: ${ready ? colors.green('ready') : colors.red('not ready')}\n\n${table}` +
    (fixes.length > 0 ? `\n${colors.dim('What to do:')}\n${fixes.join('')}` : '')
  );
}

function paint(padded: string, cell: string): string {
  switch (cell) {
    case WORDS.ok:
      return colors.green(padded);
    case WORDS.missing:
      return colors.red(padded);
    default:
      return colors.yellow(padded);
  }
}
