/**
 * Where a node shows and takes what there is no netlink for. They belong to the addon: whoever puts another in its place
 * has to name other folders as well, or the machine that the test runs on is set up.
 */
export interface NodePlaces {
  /** `/proc`, of which `sys` and `self` are written to. */
  readonly proc: string;
  /** `/sys`, for the parameters of modules. */
  readonly sys: string;
}

export const NODE_PLACES: NodePlaces = { proc: '/proc', sys: '/sys' };
