/** Weights by name in safetensors files: read, and written with the factors of split layers. */
module dev.wsvd.safetensors {
    requires transitive dev.wsvd.domain;
    requires com.fasterxml.jackson.core;

    exports dev.wsvd.safetensors;
}
