/** DJL models made of blocks: split, scored, fine-tuned, saved and loaded again. */
package dev.wsvd.adapter.djl;
