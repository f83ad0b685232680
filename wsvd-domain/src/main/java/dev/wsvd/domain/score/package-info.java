/** How good a model is, and how far samples leave that uncertain. */
package dev.wsvd.domain.score;
