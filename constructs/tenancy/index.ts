/** What other folders use of tenants and the platform's namespaces. */
export { defaultLimitRange } from './limit-range';
export { PlatformNamespaces } from './platform-namespaces';
export { PlatformNetwork } from './platform-network';
export { tenantSchema, type TenantConfig } from './schema';
export { Tenant } from './tenant';
