/** The ports: what backends, model formats, evaluators, fine-tuners and listeners implement. */
package dev.wsvd.domain.spi;
