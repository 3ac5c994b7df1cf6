/** Whether a JSON value is an object, whose members are still unknown. Lists are not objects. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
