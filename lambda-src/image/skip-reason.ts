// Why an image gets no SOCI index.

export type ImageSkipReason =
  /** It is an index itself, or says something about an image. */
  | 'soci index'
  | 'attestation'
  | 'not an image'
  | 'no platform'
  /** None of its layers can have, or is worth, a zTOC. */
  | 'no layer to index'
  | 'target tag taken'
  | 'tag immutable';
