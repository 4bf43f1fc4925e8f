/** The Rego modules of this folder as strings; one is generated from the constants that Rego shares with TypeScript. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DECISION_ANNOTATION,
  MIRROR_ANNOTATION,
  SANDBOX_ANNOTATION_PREFIXES,
} from '../../../base/names';
import { SYSTEM_PRIORITY_PREFIX } from '../../decision/guardrails';
import {
  AND_MORE,
  DENIAL_HINTS,
  DENIAL_MESSAGES,
  MATCHED,
  SEE,
  HOLLOW,
  MOST_LISTED,
} from '../../decision/messages';

const CONSTANTS = {
  decision_annotation: DECISION_ANNOTATION,
  mirror_annotation: MIRROR_ANNOTATION,
  sandbox_annotation_prefixes: SANDBOX_ANNOTATION_PREFIXES,
  system_priority_prefix: SYSTEM_PRIORITY_PREFIX,
  messages: DENIAL_MESSAGES,
  hints: DENIAL_HINTS,
  matched: MATCHED,
  see: SEE,
  hollow: HOLLOW,
  most_listed: MOST_LISTED,
  and_more: AND_MORE,
};

/** The library `constants`. Rego reads strings, numbers, arrays and objects as JSON writes them. */
export function constantsModule(): string {
  const rules = Object.entries(CONSTANTS).map(
    ([name, value]) => `${name} := ${JSON.stringify(value, null, '\t')}`,
  );
  return `${['package lib.constants', ...rules].join('\n\n')}\n`;
}

/** The module in the file of that name. */
export function moduleNamed(name: string): string {
  return readFileSync(join(__dirname, `${name}.rego`), 'utf8');
}

/** The libraries that the module imports, directly or not, in the order of their names. Gatekeeper gives each template its own copy. */
export function librariesOf(module: string): readonly string[] {
  const libraries = new Map<string, string>();
  const add = (importing: string) => {
    for (const [, name = ''] of importing.matchAll(/^import data\.lib\.(\w+)$/gm)) {
      if (libraries.has(name)) continue;
      const library = name === 'constants' ? constantsModule() : moduleNamed(name);
      libraries.set(name, library);
      add(library);
    }
  };
  add(module);
  return [...libraries.keys()].sort().map((name) => libraries.get(name) ?? '');
}
