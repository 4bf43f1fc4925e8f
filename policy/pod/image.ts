/**
 * Container image references, split as container runtimes split them.
 * Source: `ParseNormalizedNamed` and `TagNameOnly` of github.com/distribution/reference v0.6.0 (normalize.go, regexp.go), with the
 * digest checks of github.com/opencontainers/go-digest v1.0.0. One pass by hand instead of its regular expressions, so a
 * hostile text costs its length and nothing more.
 */

import { isDigit, skipWhile } from './ascii';

export interface ImageReference {
  /** Registry host and port as written, `docker.io` where the text names none. Empty for a host no registry can have (`a_b.c/d`). */
  readonly registry: string;
  /** Path below the registry; `library/` is added to official Docker images. */
  readonly repository: string;
  /** `latest` where the text has neither tag nor digest. */
  readonly tag?: string;
  readonly digest?: string;
}

const DOCKER_HUB = 'docker.io';
const LEGACY_DOCKER_HUB = 'index.docker.io';
const OFFICIAL_PREFIX = 'library/';

/** RepositoryNameTotalLengthMax in reference.go. */
const MAX_REPOSITORY_LENGTH = 255;
const MAX_TAG_LENGTH = 128;

/** Hex digits of each digest go-digest accepts (algorithm.go). */
const DIGEST_LENGTHS: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
]);

/** Splits an image reference, or gives undefined where distribution/reference gives an error. */
export function parseImage(text: string): ImageReference | undefined {
  if (text.length === 64 && every(text, isLowerHex)) return undefined; // Could be an image id.
  const [domain, remainder] = splitDomain(text);
  const [named, digest] = cut(remainder, '@');
  const [path, tag] = cut(named, ':');
  if (digest !== undefined && !isSupportedDigest(digest)) return undefined;
  if (tag !== undefined && !isTag(tag)) return undefined;
  const name = nameOf(domain, path);
  if (name === undefined || digest === undefined) return name && { ...name, tag: tag ?? 'latest' };
  return tag === undefined ? { ...name, digest } : { ...name, tag, digest };
}

/** The text before the first separator, and what is behind it if there is one. */
function cut(text: string, separator: string): [before: string, after: string | undefined] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}

/** splitDockerDomain in normalize.go. */
function splitDomain(text: string): [domain: string, remainder: string] {
  const [first, rest] = cut(text, '/');
  if (rest === undefined) return [DOCKER_HUB, OFFICIAL_PREFIX + text];
  if (first === LEGACY_DOCKER_HUB || first === DOCKER_HUB) return [DOCKER_HUB, officialName(rest)];
  const isDomain =
    first === 'localhost' ||
    first.includes('.') ||
    first.includes(':') ||
    first.toLowerCase() !== first;
  return isDomain ? [first, rest] : [DOCKER_HUB, text];
}

function officialName(remainder: string): string {
  return remainder.includes('/') ? remainder : OFFICIAL_PREFIX + remainder;
}

type Name = Pick<ImageReference, 'registry' | 'repository'>;

/** A domain that looks like one but cannot be one becomes part of the path, as the upstream expression has it. */
function nameOf(domain: string, path: string): Name | undefined {
  const name = isDomainAndPort(domain)
    ? { registry: domain, repository: path }
    : { registry: '', repository: `${domain}/${path}` };
  const isValid =
    name.repository.length <= MAX_REPOSITORY_LENGTH &&
    name.repository.split('/').every(isPathComponent);
  return isValid ? name : undefined;
}

function isDomainAndPort(domain: string): boolean {
  const colon = domain.indexOf(':', domain.indexOf(']') + 1);
  const host = colon < 0 ? domain : domain.slice(0, colon);
  const port = colon < 0 ? '0' : domain.slice(colon + 1);
  if (port === '' || !every(port, isDigit)) return false;
  if (!host.startsWith('[')) return host.split('.').every(isDomainComponent);
  return host.endsWith(']') && host.length > 2 && every(host.slice(1, -1), isAddressCharacter);
}

function isDomainComponent(component: string): boolean {
  return (
    component !== '' &&
    component[0] !== '-' &&
    component[component.length - 1] !== '-' &&
    every(component, (c) => isAlphanumeric(c) || c === DASH)
  );
}

/** Lower case letters and digits, joined by one of `.`, `_`, `__` or any run of `-`. */
function isPathComponent(component: string): boolean {
  let index = skipWhile(component, 0, isLowerAlphanumeric);
  if (index === 0) return false;
  while (index < component.length) {
    const joined = skipSeparator(component, index);
    const next = skipWhile(component, joined, isLowerAlphanumeric);
    if (joined === index || next === joined) return false;
    index = next;
  }
  return true;
}

function skipSeparator(text: string, start: number): number {
  if (text[start] === '-') return skipWhile(text, start, (c) => c === DASH);
  if (text[start] === '.') return start + 1;
  if (text[start] !== '_') return start;
  return text[start + 1] === '_' ? start + 2 : start + 1;
}

function isTag(tag: string): boolean {
  if (tag === '' || tag.length > MAX_TAG_LENGTH || tag[0] === '.' || tag[0] === '-') return false;
  return every(tag, (c) => isAlphanumeric(c) || c === UNDERSCORE || c === DOT || c === DASH);
}

function isSupportedDigest(digest: string): boolean {
  const colon = digest.indexOf(':');
  const length = DIGEST_LENGTHS.get(digest.slice(0, Math.max(colon, 0)));
  return digest.length - colon - 1 === length && every(digest.slice(colon + 1), isLowerHex);
}

const DASH = 45;
const DOT = 46;
const COLON = 58;
const UNDERSCORE = 95;

const isLower = (c: number) => c >= 97 && c <= 122;
const isLowerAlphanumeric = (c: number) => isLower(c) || isDigit(c);
const isAlphanumeric = (c: number) => isLowerAlphanumeric(c) || (c >= 65 && c <= 90);
const isLowerHex = (c: number) => isDigit(c) || (c >= 97 && c <= 102);
const isAddressCharacter = (c: number) => isLowerHex(c) || (c >= 65 && c <= 70) || c === COLON;

function every(text: string, test: (charCode: number) => boolean): boolean {
  return skipWhile(text, 0, test) === text.length;
}
