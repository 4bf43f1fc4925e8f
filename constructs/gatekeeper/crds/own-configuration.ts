/** Groups config, syncset, connection, expansion and externaldata: the configuration of Gatekeeper itself. */
import type { CrdDefinition, CrdVersion } from './definition';
import { applyTo, groupVersionKind, wildcard } from './match';
import { anyValue, arrayOf, boolean, integer, object, string } from './openapi';
import {
  byPod,
  configPodStatus,
  connectionPodStatus,
  expansionTemplatePodStatus,
  providerPodStatus,
} from './status';

/** Excluded namespaces, synced kinds, traces. Gatekeeper reads only the object named `config`. */
const config: CrdDefinition = {
  group: 'config.gatekeeper.sh',
  kind: 'Config',
  plural: 'configs',
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      statusSubresource: true,
      properties: {
        spec: object({
          match: arrayOf(
            object({ excludedNamespaces: arrayOf(wildcard()), processes: arrayOf(string()) }),
          ),
          readiness: object({ statsEnabled: boolean() }),
          sync: object({ syncOnly: arrayOf(groupVersionKind()) }),
          validation: object({
            traces: arrayOf(object({ dump: string(), kind: groupVersionKind(), user: string() })),
          }),
        }),
        status: byPod(configPodStatus),
      },
    },
  ],
};

/** Kinds that Gatekeeper caches, for constraints that read other objects. */
const syncSet: CrdDefinition = {
  group: 'syncset.gatekeeper.sh',
  kind: 'SyncSet',
  plural: 'syncsets',
  scope: 'Cluster',
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      maxNameLength: 63,
      properties: { spec: object({ gvks: arrayOf(groupVersionKind()) }) },
    },
  ],
};

/** Where violations are exported to. */
const connection: CrdDefinition = {
  group: 'connection.gatekeeper.sh',
  kind: 'Connection',
  plural: 'connections',
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      statusSubresource: true,
      properties: {
        spec: object({ config: anyValue(), driver: string() }, ['config', 'driver']),
        status: byPod(connectionPodStatus),
      },
    },
  ],
};

const expansionVersion = {
  statusSubresource: true,
  properties: {
    spec: object({
      applyTo: applyTo(),
      enforcementAction: string(),
      generatedGVK: groupVersionKind(),
      templateSource: string(),
    }),
    status: byPod(expansionTemplatePodStatus),
  },
} satisfies Partial<CrdVersion>;

/** Which object a workload's controller will create, so that it is evaluated with the workload. */
const expansionTemplate: CrdDefinition = {
  group: 'expansion.gatekeeper.sh',
  kind: 'ExpansionTemplate',
  plural: 'expansiontemplate',
  scope: 'Cluster',
  versions: [
    { ...expansionVersion, name: 'v1alpha1', storage: true, maxNameLength: 63 },
    { ...expansionVersion, name: 'v1beta1', storage: false },
  ],
};

const providerVersion = {
  statusSubresource: true,
  properties: {
    spec: object({ caBundle: string(), timeout: integer(), url: string() }),
    status: byPod(providerPodStatus(['message'])),
  },
} satisfies Partial<CrdVersion>;

/** An HTTPS service that answers questions of templates and mutators. */
const provider: CrdDefinition = {
  group: 'externaldata.gatekeeper.sh',
  kind: 'Provider',
  plural: 'providers',
  scope: 'Cluster',
  versions: [
    {
      ...providerVersion,
      name: 'v1alpha1',
      storage: false,
      deprecationWarning:
        'externaldata.gatekeeper.sh/v1alpha1 is deprecated. Use externaldata.gatekeeper.sh/v1beta1 instead.',
    },
    { ...providerVersion, name: 'v1beta1', storage: true },
  ],
};

export const settingsCrds: readonly CrdDefinition[] = [
  config,
  syncSet,
  connection,
  expansionTemplate,
  provider,
];
