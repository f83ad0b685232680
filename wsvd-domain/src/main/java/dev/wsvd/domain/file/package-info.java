/** Files that are written atomically, and whether two paths are one file. */
package dev.wsvd.domain.file;
