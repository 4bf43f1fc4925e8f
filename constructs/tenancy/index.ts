export { defaultLimitRange } from './limit-range';
export { PlatformNamespaces } from './platform-namespaces';
export { PlatformNetwork } from './platform-network';
export { tenantSchema, type TenantConfig } from './schema';
export { Tenant } from './tenant';
