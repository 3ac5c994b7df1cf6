// Errors of the file system, told by their code: https://nodejs.org/docs/latest-v20.x/api/errors.html#common-system-errors

/** Whether there is no such file, or something on the way to it is not a directory. */
export function isMissingFile(error: unknown): boolean {
  return hasErrorCode(error, 'ENOENT') || hasErrorCode(error, 'ENOTDIR');
}

/** @param code Such as `EEXIST`. */
export function hasErrorCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
