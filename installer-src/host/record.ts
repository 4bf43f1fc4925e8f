/** What a host was like before us, written down before the first change of each kind: what uninstalling has to go back to. */
import type { Disk } from './disk';
import { replaceFile } from './files';
import { PATHS } from './layout';

export interface HostRecord {
  /** Files and directories, not our own, that were not there. */
  readonly absent: readonly string[];
  /** Drop-ins we may have written. */
  readonly dropIns: readonly string[];
}

/** The record is only ever replaced whole, by this program: it exists and is correct, or does not exist. */
export async function readRecord(disk: Disk): Promise<HostRecord> {
  const text = await disk.read(PATHS.record);
  return text === undefined ? { absent: [], dropIns: [] } : (JSON.parse(text) as HostRecord);
}

/** Only ever adds: what was absent before our first change stays so in the record, though it exists after it. */
export async function addToRecord(disk: Disk, found: HostRecord): Promise<void> {
  const record = await readRecord(disk);
  const union = (a: readonly string[], b: readonly string[]) => [...new Set([...a, ...b])].sort();
  const text = JSON.stringify({
    absent: union(record.absent, found.absent),
    dropIns: union(record.dropIns, found.dropIns),
  });
  if (text !== JSON.stringify(record)) await replaceFile(disk, PATHS.record, text, 0o600);
}
