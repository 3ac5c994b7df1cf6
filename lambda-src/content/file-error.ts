// File system errors, recognized by their codes: https://nodejs.org/docs/latest-v20.x/api/errors.html#common-system-errors

/** Whether the file does not exist, or part of its path is not a directory. */
export function isMissingFile(error: unknown): boolean {
  return hasErrorCode(error, 'ENOENT') || hasErrorCode(error, 'ENOTDIR');
}

/** @param code For example `EEXIST`. */
export function hasErrorCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
