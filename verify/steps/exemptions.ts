/** Step: Gatekeeper exempts no enabled namespace. */
import { listAt, type KubernetesObject } from '../../kubernetes/object';
import { IGNORE_LABEL } from '../../constructs/gatekeeper/names';
import { NAMESPACES } from '../../base/names';
import { enabledNamespaces, namespaceId } from '../enabled-namespaces';
import { outcomeOfFindings, type Finding, type VerifyContext, type Step } from '../step';

/** The one Config object Gatekeeper reads (gatekeeper v3.23.1, pkg/keys, `Config`). */
const CONFIG = {
  apiVersion: 'config.gatekeeper.sh/v1alpha1',
  kind: 'Config',
  namespace: NAMESPACES.gatekeeper,
  name: 'config',
};

/** Processes of Gatekeeper that a namespace must not be excluded from (pkg/controller/config/process, v3.23.1). */
const PROCESSES = ['*', 'webhook', 'audit'];

const DEPLOYMENTS = ['gatekeeper-controller-manager', 'gatekeeper-audit'];

/** No ignore label, Config or flag of Gatekeeper exempts an enabled namespace. */
export const exemptions: Step = {
  id: 'exemptions',
  title: 'Gatekeeper exempts no enabled namespace',
  expected: `no ${IGNORE_LABEL} label, no excludedNamespaces, no --exempt-namespace for it`,
  run: async (context) => {
    const namespaces = await enabledNamespaces(context);
    const findings = await Promise.all([
      Promise.resolve(ignored(namespaces)),
      excluded(context, namespaces),
      ...DEPLOYMENTS.map((name) => exempted(context, name, namespaces)),
    ]);
    return outcomeOfFindings(
      findings.flat(),
      `no exemption in the enabled namespaces (${namespaces.length})`,
    );
  },
};

function ignored(namespaces: readonly KubernetesObject[]): Finding[] {
  return namespaces
    .filter(({ metadata }) => metadata.labels?.[IGNORE_LABEL] !== undefined)
    .map((namespace) => ({
      path: namespaceId(namespace),
      reason: `label ${IGNORE_LABEL} exempts its pods from Gatekeeper, whatever its value`,
      fix: `remove the label: kubectl label namespace ${namespace.metadata.name} ${IGNORE_LABEL}-`,
    }));
}

async function excluded(
  { api }: VerifyContext,
  namespaces: readonly KubernetesObject[],
): Promise<Finding[]> {
  const config = await api.get(CONFIG);
  const patterns = listAt(config, 'spec', 'match')
    .filter((entry) =>
      listAt(entry, 'processes').some((process) => PROCESSES.includes(String(process))),
    )
    .flatMap((entry) => listAt(entry, 'excludedNamespaces').map(String));
  return patterns.flatMap((pattern) =>
    matching(namespaces, (name) => matchesWildcard(pattern, name)).map((name) => ({
      path: `Config/${CONFIG.namespace}/${CONFIG.name}`,
      reason: `excludedNamespaces "${pattern}" exempts namespace ${name} from Gatekeeper`,
      fix: `remove "${pattern}" from spec.match, or list names that are not enabled`,
    })),
  );
}

async function exempted(
  { api }: VerifyContext,
  deployment: string,
  namespaces: readonly KubernetesObject[],
): Promise<Finding[]> {
  const live = await api.get({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    namespace: NAMESPACES.gatekeeper,
    name: deployment,
  });
  const args = listAt(live, 'spec', 'template', 'spec', 'containers').flatMap((container) => [
    ...listAt(container, 'command'),
    ...listAt(container, 'args'),
  ]);
  return args.map(String).flatMap((arg) =>
    matching(namespaces, (name) => isExemptedBy(arg, name)).map((name) => ({
      path: `Deployment/${NAMESPACES.gatekeeper}/${deployment}`,
      reason: `${arg} lets namespace ${name} exempt itself with the label ${IGNORE_LABEL}`,
      fix: 'remove the namespace from gatekeeper.exemptNamespaces and deploy the platform again',
    })),
  );
}

/** Gatekeeper's three flags, with one name, prefix or suffix each (pkg/webhook/namespacelabel.go, v3.23.1). */
function isExemptedBy(arg: string, namespace: string): boolean {
  const [, kind, value = ''] =
    /^--?exempt-namespace(-prefix|-suffix)?=["']?([^"']*)/.exec(arg) ?? [];
  if (value === '') return false;
  if (kind === '-prefix') return namespace.startsWith(value);
  if (kind === '-suffix') return namespace.endsWith(value);
  return namespace === value;
}

/** An asterisk at the front, at the end, or at both (gatekeeper pkg/wildcard/wildcard.go, v3.23.1). */
function matchesWildcard(pattern: string, name: string): boolean {
  const text = pattern.replace(/^\*|\*$/g, '');
  const [front, end] = [pattern.startsWith('*'), pattern.endsWith('*')];
  if (front && end) return name.includes(text);
  if (front) return name.endsWith(text);
  return end ? name.startsWith(text) : name === pattern;
}

function matching(
  namespaces: readonly KubernetesObject[],
  matches: (name: string) => boolean,
): string[] {
  return namespaces.map(({ metadata }) => metadata.name ?? '').filter(matches);
}
