/** What is learnt from activations: moments of what layers see, and how far layers and outputs of two models are apart. */
package dev.wsvd.calibration;
