/** `secure-ai up` and `down` as a user runs them, and what they say in JSON. */
import type { DeployReport } from '../../../deploy/apply';
import type { VerificationReport } from '../../../verify/step';
import { secureAi, type CommandOptions } from './command';

export interface UpReport {
  readonly kubeconfig: string;
  readonly deployment: DeployReport;
  readonly verification: VerificationReport;
}

/** What a deployment reports that finds everything as planned, but for how many objects there are. */
export const NOTHING_TO_DO = {
  created: 0,
  configured: 0,
  pruned: { deleted: [], kept: [], failed: [] },
};

export interface UpOptions extends CommandOptions {
  readonly cluster: string;
  readonly nodes: number;
}

/** @throws Error with what it printed where it fails */
export async function up({ cluster, nodes, ...options }: UpOptions): Promise<UpReport> {
  const args = [
    'up',
    '--cluster',
    cluster,
    '--nodes',
    String(nodes),
    '--deployer',
    'apply',
    '--json',
  ];
  const { status, stdout } = await secureAi(args, { stderr: 'show', ...options });
  if (status !== 0) {
    const ended = status === null ? 'a signal' : `exit code ${status}`;
    throw new Error(`secure-ai up ended with ${ended}:\n${stdout}`);
  }
  return JSON.parse(stdout) as UpReport;
}

/** @throws Error with what it printed where it fails */
export async function down(cluster: string): Promise<void> {
  const { status, stderr } = await secureAi(['down', '--cluster', cluster]);
  if (status !== 0) throw new Error(`secure-ai down ended with exit code ${status}:\n${stderr}`);
}
