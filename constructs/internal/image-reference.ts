/** References of container images: how to write them, and whether they are pinned. */
import { parseImage } from '../../policy/pod/image';

interface Image {
  readonly repository: string;
  readonly tag: string;
  /** Pins the content. */
  readonly digest?: string | undefined;
}

export function imageReference({ repository, tag, digest }: Image): string {
  const tagged = `${repository}:${tag}`;
  return digest === undefined ? tagged : `${tagged}@${digest}`;
}

/** Why the reference is not pinned, or undefined if it is. */
export function unpinned(reference: string): string | undefined {
  const image = parseImage(reference);
  if (image === undefined) return 'is not an image reference';
  if (image.digest !== undefined) return undefined;
  if (image.tag === undefined || image.tag === 'latest')
    return 'has neither a digest nor an exact tag';
  return undefined;
}
