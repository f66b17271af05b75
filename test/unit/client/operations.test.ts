import { readdir, readFile } from 'node:fs/promises';
import { parse, TypeInfo, visit, visitWithTypeInfo } from 'graphql';
import { expect, it } from 'vitest';
import { schema } from '../../../src/graphql/schema.ts';

const folder = 'client/operations';
/** Relay's look-ups by id: typed clients ask for the object by its own field. */
const left = ['Query.node', 'Query.nodes'];

const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];

it('the client has a document for each query, mutation and subscription that is not deprecated', async () => {
  const used = new Set(left);
  const texts = await Promise.all(
    (await readdir(folder)).map((name) => readFile(`${folder}/${name}`, 'utf8')),
  );
  const info = new TypeInfo(schema);
  const note = () => used.add(`${info.getParentType()?.name}.${info.getFieldDef()?.name}`);
  visit(parse(texts.join('\n')), visitWithTypeInfo(info, { Field: { enter: () => void note() } }));
  const fields = roots.flatMap((root) =>
    Object.values(root?.getFields() ?? {})
      .filter(({ deprecationReason }) => deprecationReason == null)
      .map((field) => `${root?.name}.${field.name}`),
  );
  expect(fields.length).toBeGreaterThan(30);
  expect(fields.filter((field) => !used.has(field))).toEqual([]);
});
