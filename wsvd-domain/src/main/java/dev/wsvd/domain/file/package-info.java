/** Files that are written atomically or have no name, and whether two paths are one file. */
package dev.wsvd.domain.file;
