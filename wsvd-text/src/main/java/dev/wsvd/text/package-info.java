/** Hugging Face's tokenizers, through DJL. */
package dev.wsvd.text;
