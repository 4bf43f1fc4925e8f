/** The 17 CustomResourceDefinitions of Gatekeeper v3.23.1. */
import type { CrdDefinition } from './definition';
import { mutationCrds } from './mutations';
import { settingsCrds } from './own-configuration';
import { statusCrds } from './status';
import { templateCrds } from './templates';

export { crdName, crdSpec, type CrdDefinition } from './definition';

export const GATEKEEPER_CRDS: readonly CrdDefinition[] = [
  ...templateCrds,
  ...mutationCrds,
  ...settingsCrds,
  ...statusCrds,
];
