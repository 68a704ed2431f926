using Mlorq.Onnx.Graphs;

namespace Mlorq.Timing;

/// <summary>A small model whose time tells that of a product.</summary>
/// <param name="Form">What the product is stored as.</param>
/// <param name="Model">The model: input <c>x</c>, the product a number of times with different weights, and a column of each result as outputs.</param>
public sealed record TimedModel(KernelForm Form, Model Model);

/// <summary>The models that tell the times of one product in all forms.</summary>
/// <param name="Shape">The product.</param>
/// <param name="Input">The values that all of them are fed.</param>
/// <param name="Copies">How many products each of them makes.</param>
/// <param name="Empty">The same model without products: what it takes is taken off the others' times.</param>
/// <param name="Forms">A model for each form, made when it is asked for.</param>
public sealed record TimedForms(ProductShape Shape, IReadOnlyDictionary<string, Tensor> Input, int Copies, Model Empty, IEnumerable<TimedModel> Forms);
