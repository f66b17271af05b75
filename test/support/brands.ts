import {
  BrandDocument,
  CreateBrandDocument,
  type BrandContentInput,
} from '../../client/generated/graphql.ts';
import type { Account } from './app.ts';

/** Creates a brand that says something of itself, and returns its id. */
export async function createBrand(
  account: Account,
  name = 'Alpenglow',
  content: BrandContentInput = { facts: [`${name} roasts in small batches.`] },
): Promise<string> {
  const { createBrand: created } = await account.run(CreateBrandDocument, { input: { name, content } });
  if (created.__typename !== 'Brand') throw new Error(`createBrand answered ${JSON.stringify(created)}`);
  return created.id;
}

export async function getBrand(account: Account, id: string) {
  const { brand } = await account.run(BrandDocument, { id });
  if (brand == null) throw new Error('the brand is not there');
  return brand;
}
