/** Parsing image references in CEL, as `policy/pod/image.ts` does: the same cuts, and regular expressions for its scanners. */
import { literal } from './text';
import type { Variable } from './variable';

const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?';
const HOST = `(?:${LABEL}(?:\\.${LABEL})*|\\[[A-Fa-f0-9:]+\\])`;
const DOMAIN = literal(`^${HOST}(?::[0-9]+)?$`);
const COMPONENT = '[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*';
const REPOSITORY = literal(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = literal('^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$');
const DIGEST = literal('^(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})$');
const IMAGE_ID = literal('^[a-f0-9]{64}$');

const IS_DOMAIN =
  "(t.first == 'localhost' || t.first.contains('.') || t.first.contains(':') || t.first != t.first.lowerAscii())";
const LIBRARY = "(t.rest.contains('/') ? t.rest : 'library/' + t.rest)";

/**
 * `variables.images`: by text, the registry, repository, tag and digest of each image that is a reference.
 *
 * @param texts the list of texts
 */
export function imageVariable(texts: string): Variable {
  const steps = [
    `${texts}.distinct().map(t, string(t)).filter(t, !t.matches(${IMAGE_ID}))`,
    ".map(t, {'text': t, 'first': t.split('/', 2)[0], 'rest': t.contains('/') ? t.split('/', 2)[1] : ''})",
    `.map(t, !t.text.contains('/') ? {'text': t.text, 'domain': 'docker.io', 'path': 'library/' + t.text} : t.first in ['docker.io', 'index.docker.io'] ? {'text': t.text, 'domain': 'docker.io', 'path': ${LIBRARY}} : ${IS_DOMAIN} ? {'text': t.text, 'domain': t.first, 'path': t.rest} : {'text': t.text, 'domain': 'docker.io', 'path': t.text})`,
    ".map(t, {'text': t.text, 'domain': t.domain, 'path': t.path.split('@', 2)[0].split(':', 2)[0], ?'tag': t.path.split('@', 2)[0].split(':', 2)[?1], ?'digest': t.path.split('@', 2)[?1]})",
    `.map(t, {'text': t.text, 'registry': t.domain.matches(${DOMAIN}) ? t.domain.lowerAscii() : '', 'repository': t.domain.matches(${DOMAIN}) ? t.path : t.domain + '/' + t.path, ?'tag': has(t.digest) ? t[?'tag'] : optional.of(t[?'tag'].orValue('latest')), ?'digest': t[?'digest']})`,
    `.filter(t, t.repository.size() <= 255 && t.repository.matches(${REPOSITORY}) && t[?'tag'].orValue('latest').matches(${TAG}) && (!has(t.digest) || t.digest.matches(${DIGEST})))`,
    '.transformMapEntry(i, t, {t.text: dyn(t)})',
  ];
  return { name: 'images', expression: steps.join('\n  ') };
}

/** The members of a map that hold what is known of an image, by field. */
export function imageMembers(
  image: string,
): Readonly<Record<string, readonly [name: string, value: string]>> {
  const parsed = `variables.images[?${image}.orValue('')]`;
  return {
    image: ['image', image],
    'image.registry': ['registry', `${parsed}.?registry`],
    'image.repository': ['repository', `${parsed}.?repository`],
    'image.tag': ['tag', `${parsed}.?tag`],
    'image.digest': ['digest', `${parsed}.?digest`],
  };
}
