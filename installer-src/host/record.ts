/** The state of a host before the installation, recorded before the first change of each kind: what uninstalling restores. */
import type { Disk } from './disk';
import { replaceFile } from './files';
import { PATHS } from './layout';

export interface HostRecord {
  /** Files and directories of other owners that did not exist. */
  readonly absent: readonly string[];
  /** Drop-ins this installer may have written. */
  readonly dropIns: readonly string[];
}

/** Only this program writes the record, and always replaces it atomically: it exists and is correct, or does not exist. */
export async function readRecord(disk: Disk): Promise<HostRecord> {
  const text = await disk.read(PATHS.record);
  return text === undefined ? { absent: [], dropIns: [] } : (JSON.parse(text) as HostRecord);
}

/** Only adds: what was absent before the first change stays absent in the record, although it exists afterwards. */
export async function addToRecord(disk: Disk, found: HostRecord): Promise<void> {
  const record = await readRecord(disk);
  const union = (a: readonly string[], b: readonly string[]) => [...new Set([...a, ...b])].sort();
  const text = JSON.stringify({
    absent: union(record.absent, found.absent),
    dropIns: union(record.dropIns, found.dropIns),
  });
  if (text !== JSON.stringify(record)) await replaceFile(disk, PATHS.record, text, 0o600);
}
