/** Ends a test that hangs. Many run real programs, which a busy computer or an empty cache makes slow; longer ones set their own. */
jest.setTimeout(60_000);
