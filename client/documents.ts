/** The text of an operation, with the types of its data and its variables. Other GraphQL clients understand them too. */
export type TypedDocument<Data, Variables> = string & { __apiType?: (variables: Variables) => Data };
