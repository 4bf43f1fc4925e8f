/** Arbitraries of conditions: every question a rule can ask. */
import * as fc from 'fast-check';
import type { RuntimePolicyInput } from '../../../policy/model/runtime-policy';
import {
  CLAIMS,
  dictionary,
  from,
  GLOBS,
  HOST_PATHS,
  KEY_GLOBS,
  KEYS,
  LITERALS,
  NAMES,
  notEmpty,
  optional,
  PRIORITY_CLASSES,
  PROFILES,
  QUANTITIES,
  RESOURCE_GLOBS,
  RESOURCES,
  SYSTEMS,
  VALUES,
} from './vocabulary';

type RuleInput = NonNullable<RuntimePolicyInput['rules']>[number];
export type ConditionInput = RuleInput['when'];
type ContainerInput = NonNullable<ConditionInput['container']>;
type PodInput = NonNullable<ConditionInput['pod']>;

/**
 * Whether only conditions are made that stay true when a pod asks for more: no `not`, no `everyContainer`, no upper bounds, nothing
 * about absence or about capabilities that are dropped.
 */
export interface Options {
  readonly positive: boolean;
}

const existence = ({ positive }: Options) =>
  fc.record({ exists: positive ? fc.constant(true) : fc.boolean() });

const textOf = (values: readonly string[], options: Options) =>
  fc.oneof(from(values), existence(options));

const image = notEmpty(
  optional({
    contains: from(LITERALS),
    registry: from(GLOBS),
    repository: from(GLOBS),
    tag: from(GLOBS),
    digest: from(GLOBS),
  }),
);

/** By exact name or by glob. */
function resourcesOf(options: Options) {
  const comparison = options.positive ? ['gt', 'gte'] : ['gt', 'gte', 'lt', 'lte'];
  const bounds = fc.dictionary(from(comparison), from(QUANTITIES), { minKeys: 1, maxKeys: 2 });
  const both = fc.tuple(bounds, existence(options)).map(([one, other]) => ({ ...one, ...other }));
  return dictionary(
    [...RESOURCES, ...RESOURCE_GLOBS],
    fc.oneof({ weight: 3, arbitrary: bounds }, existence(options), both),
  );
}

function securityContext(options: Options) {
  const { positive } = options;
  const flag = positive ? fc.constant(true) : fc.boolean();
  const capability = from(['NET_ADMIN', 'cap_sys_admin', 'ALL']);
  const profile = textOf([...PROFILES, '*al*'], options);
  const changing = {
    dropsCapability: capability,
    readOnlyRootFilesystem: fc.boolean(),
    seccompProfile: profile,
    appArmorProfile: profile,
    procMount: from(['Default', 'Un*']),
  };
  return notEmpty(
    optional({
      privileged: flag,
      runAsRoot: flag,
      addsCapability: capability,
      allowPrivilegeEscalation: flag,
      ...(positive ? {} : changing),
    }),
  );
}

function containerMembers(options: Options): fc.Arbitrary<ContainerInput> {
  const resources = resourcesOf(options);
  return notEmpty(
    optional({
      name: fc.oneof(from(NAMES), from(['*', 'a*'])),
      image,
      requests: resources,
      limits: resources,
      securityContext: securityContext(options),
      hostPorts: options.positive ? fc.constant(true) : fc.boolean(),
      env: textOf(['HF_*', 'DEBUG', '*'], options),
    }),
  );
}

/** Plain members mostly, else up to two levels of `all`, `any` and `not` around and beside them. */
function containerCondition(options: Options): fc.Arbitrary<ContainerInput> {
  const members = containerMembers(options);
  const nested = (inner: fc.Arbitrary<ContainerInput>): fc.Arbitrary<ContainerInput> => {
    const several = fc.array(inner, { minLength: 1, maxLength: 2 });
    return fc.oneof(
      fc.record({ all: several }),
      fc.record({ any: several }),
      ...(options.positive
        ? []
        : [
            fc.record({ not: inner }),
            fc.tuple(members, inner).map(([own, not]): ContainerInput => ({ ...own, not })),
          ]),
    );
  };
  const once = nested(members);
  return fc.oneof(
    { weight: 6, arbitrary: members },
    { weight: 2, arbitrary: once },
    { weight: 1, arbitrary: nested(fc.oneof(members, once)) },
  );
}

function podCondition(options: Options): fc.Arbitrary<PodInput> {
  const { positive } = options;
  const texts = positive
    ? from(VALUES)
    : fc.oneof(from(VALUES), from(['red*', '*']), existence(options));
  const byKey = dictionary([...KEYS, ...KEY_GLOBS], texts);
  const resources = resourcesOf(options);
  const flag = positive ? fc.constant(true) : fc.boolean();
  return notEmpty(
    optional({
      namespace: from(['ai-production', 'ai-*', 'other', '*']),
      labels: byKey,
      annotations: byKey,
      nodeSelector: byKey,
      serviceAccountName: from(['default', 'd*', 'other']),
      priorityClassName: textOf([...PRIORITY_CLASSES, 'system-*'], options),
      os: textOf([...SYSTEMS, 'win*'], options),
      hostNetwork: flag,
      hostPID: flag,
      hostIPC: flag,
      hostUsers: flag,
      volumes: fc.array(from(['hostPath', 'emptyDir', 'image']), { minLength: 1, maxLength: 2 }),
      hostPaths: textOf([...HOST_PATHS, '/var/*'], options),
      imageVolumes: image,
      resourceClaims: notEmpty(
        optional({
          exists: positive ? fc.constant(true) : fc.boolean(),
          claim: from([...CLAIMS, 'gpu-*']),
          template: from([...CLAIMS, '*']),
        }),
      ),
      requests: resources,
      limits: resources,
    }),
  );
}

export function conditions(options: Options): fc.Arbitrary<ConditionInput> {
  const container = containerCondition(options);
  const pod = podCondition(options);
  const { condition } = fc.letrec<{ condition: ConditionInput }>((tie) => {
    const inner = fc.array(tie('condition'), { minLength: 1, maxLength: 3 });
    const leaf = fc.oneof(
      { weight: 3, arbitrary: fc.record({ container }) },
      { weight: 1, arbitrary: fc.record({ pod }) },
      { weight: options.positive ? 0 : 1, arbitrary: fc.record({ everyContainer: container }) },
      fc.record({ container, pod }),
    );
    const positive = [fc.record({ all: inner }), fc.record({ any: inner })];
    const negative = [
      fc.record({ not: tie('condition') }),
      fc.record({ any: inner, not: tie('condition'), container }),
    ];
    return {
      condition: fc.oneof(
        { maxDepth: 3, depthIdentifier: 'condition' },
        leaf,
        ...positive,
        ...(options.positive ? [] : negative),
      ),
    };
  });
  return condition;
}
