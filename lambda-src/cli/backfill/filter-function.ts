// Reads the filter function's settings from its environment, so that users do not have to repeat them.
import { readFunction } from '../../aws/function-description.ts';
import type { Lambda } from '../../aws/invoke-function.ts';
import { parseTargetTagTemplate, type TargetTagTemplate } from '../../core/soci/target-tag.ts';
import type { ImageFilter } from '../../events/image-filters.ts';
import { readFilterSettings } from '../../settings/filter-settings.ts';
import { placeOfFunction } from '../function-name.ts';
import type { SociIndexVersion } from '../../core/soci-names.ts';

export interface FilterFunction {
  /** Undefined if unknown. */
  readonly account?: string;
  readonly version: SociIndexVersion;
  readonly targetTagTemplate: TargetTagTemplate;
  /** Undefined if unknown; any image may then match. */
  readonly functionFilters?: readonly ImageFilter[];
}

/** The Terraform module's defaults. */
export const defaultFilterFunction: FilterFunction = {
  version: 'V2',
  targetTagTemplate: parseTargetTagTemplate('{tag}-soci'),
};

/** @throws What the SDK throws; ConfigError if the function's environment is not that of a filter function. */
export async function readFilterFunction(
  lambda: Lambda,
  name: string,
  signal: AbortSignal,
): Promise<FilterFunction> {
  const { arn, environment } = await readFunction(lambda, name, signal);
  const { account } = placeOfFunction(arn);
  const { version, targetTagTemplate, filters } = readFilterSettings(environment);
  return { ...(account !== undefined && { account }), version, targetTagTemplate, functionFilters: filters };
}
