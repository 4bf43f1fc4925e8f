import { QUEUE_LIMIT } from './aside';
import { CHUNK_BYTES, type PoolSize } from './chunks';
import { MAX_CONNECTIONS } from './https';

const MIB = 1024 * 1024;
export const POOL_SIZE: PoolSize = {
  reserved: MAX_CONNECTIONS + QUEUE_LIMIT + 1,
  shared: (24 * MIB) / CHUNK_BYTES,
};
