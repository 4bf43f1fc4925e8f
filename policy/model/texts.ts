/** The strings a policy is written in: names, keys, quantities and globs, with what to write where one is wrong. */
import { z } from 'zod';
import {
  DNS_LABEL,
  DNS_SUBDOMAIN,
  LABEL_KEY,
  MAX_LENGTHS,
  QUALIFIED_NAME,
} from '../../base/patterns';
import { MAX_BINARY_NANO, parseQuantity } from '../pod/quantity';

/** A string of limited length that matches a pattern; `fix` says what to write instead. */
export function patternText(pattern: RegExp, max: number, reason: string, fix: string) {
  return z
    .string()
    .refine((text) => text.length <= max && pattern.test(text), { error: reason, params: { fix } });
}

/** What Kubernetes wants of a RuntimeClass handler and of a container name. */
export const dnsLabel = patternText(
  DNS_LABEL,
  MAX_LENGTHS.dnsLabel,
  'must be a DNS label',
  'use up to 63 lower case letters, digits and dashes, such as "ai-model"',
);

/** What Kubernetes wants of a RuntimeClass name. */
export const dnsSubdomain = patternText(
  DNS_SUBDOMAIN,
  MAX_LENGTHS.dnsSubdomain,
  'must be a DNS subdomain',
  'use up to 253 lower case letters, digits, dashes and dots, such as "kata-qemu"',
);

/** A label value that is not empty. */
export const labelValue = patternText(
  QUALIFIED_NAME,
  MAX_LENGTHS.labelValue,
  'must be a label value',
  'use up to 63 letters, digits, dashes, dots and underscores, such as "kata"',
);

export const labelKey = patternText(
  LABEL_KEY,
  MAX_LENGTHS.labelKey,
  'must be a qualified name',
  'use a name with an optional DNS prefix, such as "example.com/team"',
);

/** A quantity that every engine can compare exactly: no more than 2^63-1 units either way, which is what Kubernetes guarantees. */
export const quantity = z.string().refine(isComparable, {
  error: 'must be a Kubernetes quantity of at most 2^63-1',
  params: { fix: 'write a quantity such as "4", "500m" or "1.5Gi"' },
});

function isComparable(text: string): boolean {
  const nano = parseQuantity(text);
  return nano !== undefined && nano <= MAX_BINARY_NANO && nano >= -MAX_BINARY_NANO;
}

/** The whole text, where `*` stands for any run of characters, the empty one too. */
export const glob = z.string().min(1).max(1024);

/** A key of a label, an annotation or a resource, or a glob for such keys. */
export const keyGlob = patternText(
  /^[-A-Za-z0-9_./*]+$/,
  MAX_LENGTHS.labelKey,
  'must be a qualified name, or a glob for such names',
  'use a name such as "example.com/team" or a glob such as "nvidia.com/*"',
).refine((text) => text.includes('*') || LABEL_KEY.test(text), {
  error: 'must be a qualified name, or a glob for such names',
  params: { fix: 'use a name such as "example.com/team" or a glob such as "nvidia.com/*"' },
});

/** A sentence for people, on one line. */
export const reason = z
  .string()
  .max(256)
  .refine((text) => /\S/.test(text) && !/[\r\n]/.test(text), {
    error: 'must be a sentence on one line',
    params: { fix: 'say why in up to 256 characters' },
  });
