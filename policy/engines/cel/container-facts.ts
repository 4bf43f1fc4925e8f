/**
 * What rules ask of a container, as one map for each container: `variables.containers`. A value that is missing has no member. The API
 * server has decoded the pod, so every value is of its kind: containers always have a name, and quantities are valid.
 */
import { imageMembers } from './image-reference';
import { literal } from './text';
import type { Variable } from './variable';

/** `c` is the container as the pod states it. */
interface Fact {
  readonly name: string;
  readonly value: string;
  /** Whether the value is an optional one. */
  readonly isOptional: boolean;
}

const always = (name: string, value: string): Fact => ({ name, value, isOptional: false });
const sometimes = (name: string, value: string): Fact => ({ name, value, isOptional: true });

const SECURITY = 'c.?securityContext';
const POD_SECURITY = 'object.spec.?securityContext';
const USER = `${SECURITY}.?runAsUser.or(${POD_SECURITY}.?runAsUser)`;
const NON_ROOT = `${SECURITY}.?runAsNonRoot.or(${POD_SECURITY}.?runAsNonRoot)`;

const APPARMOR = literal('container.apparmor.security.beta.kubernetes.io/');
const APPARMOR_ANNOTATION = `variables.annotations[?${APPARMOR} + c.name].orValue('')`;
const APPARMOR_ANNOTATED = `(${APPARMOR_ANNOTATION}.startsWith('localhost/') ? optional.of('Localhost') : {'runtime/default': 'RuntimeDefault', 'unconfined': 'Unconfined'}[?${APPARMOR_ANNOTATION}])`;

const capabilities = (list: 'add' | 'drop') =>
  `${SECURITY}.?capabilities.?${list}.orValue([]).map(x, x.upperAscii()).map(x, x.startsWith('CAP_') ? x.substring(4) : x)`;

const LIMITS = 'c.?resources.?limits';
const REQUESTS = 'c.?resources.?requests';
const NAMES = `(${LIMITS}.orValue({}).map(k, k) + ${REQUESTS}.orValue({}).map(k, k)).distinct()`;

/** By field of the atoms. Defaults and inheritance are those of `policy/pod/container-facts.ts`. */
const FACTS: Readonly<Record<string, Fact>> = {
  name: always('name', 'c.name'),
  ...Object.fromEntries(
    Object.entries(imageMembers('c.?image')).map(([field, [name, value]]) => [
      field,
      sometimes(name, value),
    ]),
  ),
  limits: always('limits', `${LIMITS}.orValue({})`),
  requests: always(
    'requests',
    `${NAMES}.transformMapEntry(i, k, {k: ${REQUESTS}[?k].or(${LIMITS}[?k]).value()})`,
  ),
  'securityContext.privileged': always('privileged', `${SECURITY}.?privileged.orValue(false)`),
  'securityContext.allowPrivilegeEscalation': always(
    'allowPrivilegeEscalation',
    `${SECURITY}.?allowPrivilegeEscalation.orValue(true)`,
  ),
  'securityContext.readOnlyRootFilesystem': always(
    'readOnlyRootFilesystem',
    `${SECURITY}.?readOnlyRootFilesystem.orValue(false)`,
  ),
  'securityContext.runAsRoot': sometimes(
    'runAsRoot',
    `${USER}.hasValue() ? optional.of(dyn(${USER}.value() == 0)) : ${NON_ROOT}.orValue(false) ? optional.of(dyn(false)) : optional.none()`,
  ),
  'securityContext.capabilities.add': always('adds', capabilities('add')),
  'securityContext.capabilities.drop': always('drops', capabilities('drop')),
  'securityContext.seccompProfile': sometimes(
    'seccompProfile',
    `${SECURITY}.?seccompProfile.?type.or(${POD_SECURITY}.?seccompProfile.?type)`,
  ),
  'securityContext.appArmorProfile': sometimes(
    'appArmorProfile',
    `${SECURITY}.?appArmorProfile.?type.or(${APPARMOR_ANNOTATED}).or(${POD_SECURITY}.?appArmorProfile.?type)`,
  ),
  'securityContext.procMount': always('procMount', `${SECURITY}.?procMount.orValue('Default')`),
  isSidecar: always('isSidecar', "c.?restartPolicy.orValue('') == 'Always'"),
  hostPorts: always(
    'hostPorts',
    'c.?ports.orValue([]).exists(p, p.?hostPort.orValue(0) > 0 || object.spec.?hostNetwork.orValue(false))',
  ),
  env: always('env', 'c.?env.orValue([]).map(e, e.name)'),
};

/** The fact of a field, as a member of the map of a container. */
export function containerFact(field: string): Pick<Fact, 'name' | 'isOptional'> {
  const fact = FACTS[field];
  if (fact === undefined) throw new TypeError(`No fact of a container is called ${field}`);
  return fact;
}

/** `variables.main`, `variables.init` and `variables.all`: the containers as the pod states them. */
export const STATED_CONTAINERS: readonly Variable[] = [
  {
    name: 'main',
    expression: 'object.spec.containers == null ? dyn([]) : object.spec.containers',
  },
  { name: 'init', expression: 'object.spec.?initContainers.orValue([])' },
  {
    name: 'all',
    expression: 'variables.main + variables.init + object.spec.?ephemeralContainers.orValue([])',
  },
];

/** `variables.containers`: of each container its name and the facts of the fields. */
export function containersVariable(fields: ReadonlySet<string>): Variable {
  const members = Object.entries(FACTS)
    .filter(([field]) => field === 'name' || fields.has(field))
    .map(([, { name, value, isOptional }]) =>
      isOptional ? `?'${name}': ${value}` : `'${name}': dyn(${value})`,
    );
  return {
    name: 'containers',
    expression: `variables.all.map(c, {\n  ${members.join(',\n  ')}\n})`,
  };
}
