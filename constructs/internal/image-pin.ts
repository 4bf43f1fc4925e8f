import { parseImage } from '../../policy/pod/image';

/** Why an image may be another one tomorrow, or undefined where its reference says exactly which one it is. */
export function unpinned(reference: string): string | undefined {
  const image = parseImage(reference);
  if (image === undefined) return 'is not an image reference';
  if (image.digest !== undefined) return undefined;
  if (image.tag === undefined || image.tag === 'latest')
    return 'has neither a digest nor an exact tag';
  return undefined;
}
