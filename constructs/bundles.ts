/** Source of the programs this project runs in the cluster: one self-contained JavaScript file each. */
export interface Bundles {
  /** The mutating webhook's server. */
  readonly webhook: string;
  /** The certificate rotator. */
  readonly rotator: string;
  /** The gVisor node installer. */
  readonly installer: string;
}
