/**
 * Has Node load its own fetch; to be imported before undici. Whichever of the two is loaded first says what sends the requests of the
 * global fetch, and that of the package refuses the Content-Length that publishers like @fanoutio/grip set: a program that
 * imports holdfast would have its own requests fail.
 */
void globalThis.Response
