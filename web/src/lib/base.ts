/** The server's address as a client is to be told it. */
export const base = `${location.origin}${location.pathname.replace(/\/(index\.html)?$/, "")}`;
