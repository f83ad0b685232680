/** The documentation as a site: the Markdown of the repository as pages that need no network. */
package dev.wsvd.site;
