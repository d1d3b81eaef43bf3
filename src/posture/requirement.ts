/** Something a proof or a room needs of the machine; unmet means a skip with this reason, never a pass. */
export interface Requirement {
  readonly name: string;
  readonly met: boolean;
  /** Why it is unmet, as a clause. */
  readonly reason?: string;
  /** What to do about it, as one imperative sentence. */
  readonly wayOut?: string;
}
