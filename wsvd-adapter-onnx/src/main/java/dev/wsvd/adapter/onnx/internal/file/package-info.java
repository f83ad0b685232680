/** ONNX files: opened, checked, digested and written. */
package dev.wsvd.adapter.onnx.internal.file;
