/** `K8sDynamicRuntime`: pods that rules match must carry the label of a runtime the rules take. */
import { CONSTRAINT_KINDS } from '../../../../base/names';
import { DYNAMIC_SCHEMA } from '../parameters-schema';
import { RULE_LIBRARY } from '../source/libraries';
import { constraintTemplate } from './template';

const REGO = `package k8sdynamicruntime

import data.lib.facts
import data.lib.review
import data.lib.rules

violation contains {"msg": msg, "details": {"code": "RULE_VIOLATED"}} if {
	review.judged
	rule := rules.strongest
	not rules.label_accepted
	msg := sprintf("Workload %v with %v requires runtime %v", [facts.name, rule.title, rule.runtime])
}
`;

export const DYNAMIC_TEMPLATE = constraintTemplate({
  kind: CONSTRAINT_KINDS.dynamic,
  title: 'Runtime by what the pod is',
  description:
    'Pods that a rule matches, by image, resources or security context, must name the runtime the rule asks for.',
  parameters: DYNAMIC_SCHEMA,
  rego: REGO,
  libs: RULE_LIBRARY,
});
