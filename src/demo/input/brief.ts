import type { CreateBrandInput, CreateCampaignInput, PlanRowInput } from '../../../client/index.ts';
import { CsvFileError, readRows } from '../../csv-rows.ts';
import { readBrand } from './brand.ts';
import { readCampaign } from './campaign.ts';
import { kindOf, variantCount, type Variants } from './channels.ts';
import { InputFileError, readInput } from './json-file.ts';
import { count } from '../text.ts';
import type { Options } from './options.ts';

const defaultItemCount = 10;
/** The server takes no more in one batch. */
const maxPosts = 10_000;
const maxFaults = 10;

/** All that is ordered. */
export type Brief = {
  campaign: CreateCampaignInput;
  brand: CreateBrandInput | undefined;
  /** What is given of the plan. Undefined: nothing. */
  rows: PlanRowInput[] | undefined;
  itemCount: number;
  variants: Variants;
  postCount: number;
};

/** An order that does not go together. */
class OrderError extends Error {
  override readonly name = 'OrderError';
}

/**
 * Reads the files of an order, and what it comes to.
 *
 * @throws InputFileError, OrderError
 */
export async function readBrief(options: Options): Promise<Brief> {
  const { campaignFile, brandFile, rowsFile } = options;
  const campaign = await readCampaign(campaignFile);
  const brand = brandFile === undefined ? undefined : await readBrand(brandFile);
  const rows = rowsFile === undefined ? undefined : await readRowsFile(rowsFile);
  const itemCount = rows?.length ?? options.itemCount ?? defaultItemCount;
  const variants = {
    channels: options.channels ?? [campaign.channel],
    languages: options.languages ?? [campaign.language],
  };
  const postCount = itemCount * variantCount(variants);
  if (postCount > maxPosts)
    throw new OrderError(
      `${count(itemCount, 'item')} for ${kindOf(variants)} come to ${postCount}; at most ${maxPosts} are allowed.`,
    );
  return { campaign, brand, rows, itemCount, variants, postCount };
}

async function readRowsFile(file: string): Promise<PlanRowInput[]> {
  const content = await readInput(file);
  try {
    const { rows, faults } = readRows(content);
    if (faults.length === 0 && rows.length > 0) return rows;
    if (faults.length === 0) throw new InputFileError(file, ['has no row below its header']);
    const told = faults
      .slice(0, maxFaults)
      .map(({ line, column, message }) => `line ${line}, column ${column}: ${message}`);
    const left = faults.length - told.length;
    throw new InputFileError(file, [...told, ...(left > 0 ? [`and ${left} more faults`] : [])]);
  } catch (cause) {
    if (!(cause instanceof CsvFileError)) throw cause;
    throw new InputFileError(file, [`line ${cause.line}: ${cause.message}`], { cause });
  }
}
